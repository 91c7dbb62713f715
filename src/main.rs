//! The native runner: repeats an experiment on a file, headless.

fn main() {}
