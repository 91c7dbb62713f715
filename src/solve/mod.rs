//! Exact solvers: the optimum that learning is compared with.

pub mod average;
pub mod backward;
pub mod closed_form;
pub mod sweeps;
pub mod value_iteration;
