// The logs that ship with the page. Sources and licences: samples/README.md.

export const SAMPLES = [
  { id: "generated", source: { type: "generated" } },
  { id: "article", file: "article.csv" },
  { id: "otto", file: "otto-20-sessions.csv" },
  { id: "orders", file: "orders.csv" },
  { id: "retail", file: "online-retail.csv" },
  { id: "bandit", file: "open-bandit.csv" },
  { id: "serenade", file: "serenade-8-days.csv" },
];

export const sample = (id) => SAMPLES.find((sample) => sample.id === id);

/** Fetches a sample; it then goes the way of any dropped file. */
export async function fetchSample({ file }) {
  const response = await fetch(new URL(`./samples/${file}`, import.meta.url));
  if (!response.ok) throw new Error(String(response.status));
  return response.blob();
}
