//! The laboratory of the first module, which a visit begins with: what it lacks has nothing to do.

use super::{Answer, Lab, done};

impl Lab {
    pub(super) fn is_comparing(&self) -> bool {
        false
    }

    pub(super) fn advance_comparing(&mut self, _work: u64) -> Answer {
        done()
    }

    pub(super) fn forget_board(&mut self) {}

    pub(super) fn is_studying(&self) -> bool {
        false
    }

    pub(super) fn advance_study(&mut self, _work: u64) -> Answer {
        done()
    }

    pub(super) fn forget_studies(&mut self) {}
}
