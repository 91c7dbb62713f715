//! Exact solvers: the optimum that learning is compared with.

pub mod sweeps;
pub mod value_iteration;
