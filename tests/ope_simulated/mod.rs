//! Logs of simulators whose truth is known, shared by tests and benchmarks.

use qcart::evaluate::ope::{Columns, Logged, Target};
use qcart::random::draw;

/// One log of a simulator whose truth is known: 3 positions, 8 items, a logging policy that prefers some.
pub fn simulated(seed: u64) -> (Logged, Target, f64) {
    let mut rng = qcart::random::stream(seed, "simulated");
    let share = |item: u32, position: u32| f64::from(1 + (item + position) % 4);
    let total = |position: u32| (0..8).map(|item| share(item, position)).sum::<f64>();
    let click =
        |item: u32, position: u32| 0.05 + 0.02 * f64::from(item) + 0.03 * f64::from(position);
    let mut columns = Columns {
        items: 8,
        position: Some(vec![]),
        propensity: Some(vec![]),
        ..Columns::default()
    };
    for row in 0..1500_u32 {
        let position = row % 3;
        let sums = (0..8).scan(0.0, |sum, item| {
            *sum += share(item, position) / total(position);
            Some(*sum)
        });
        let item = draw::pick(sums, draw::unit(&mut rng)) as u32;
        columns.item.push(item);
        columns.position.as_mut().unwrap().push(position);
        columns
            .propensity
            .as_mut()
            .unwrap()
            .push(share(item, position) / total(position));
        columns.reward.push(f64::from(u8::from(
            draw::unit(&mut rng) < click(item, position),
        )));
    }
    let logged = Logged::new(columns).unwrap();
    let pi = |item: u32| f64::from(1 + item) / 36.0;
    let target = Target::from_fn(&logged, |_, row| {
        (0..8).for_each(|item| row[item as usize] = pi(item));
    })
    .unwrap();
    let truth = (0..3)
        .flat_map(|p| (0..8).map(move |i| pi(i) * click(i, p) / 3.0))
        .sum();
    (logged, target, truth)
}
