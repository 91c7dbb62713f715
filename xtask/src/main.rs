//! Builds, serves, tests and measures Qcart: one command each.

fn main() {}
