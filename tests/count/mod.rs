//! Counts the bytes that are allocated: natively by the allocator, in a browser's worker by how far its memory grows.

pub use counted::most;
#[cfg(not(target_arch = "wasm32"))]
#[allow(unused_imports, reason = "not every test asks")]
pub use counted::now;

#[cfg(not(target_arch = "wasm32"))]
#[allow(unsafe_code)]
mod counted {
    use std::alloc::{GlobalAlloc, Layout, System};
    use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

    static NOW: AtomicU64 = AtomicU64::new(0);
    static MOST: AtomicU64 = AtomicU64::new(0);

    struct Counting;

    // SAFETY: every call is passed on to the system's allocator as it came.
    unsafe impl GlobalAlloc for Counting {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            let size = layout.size() as u64;
            MOST.fetch_max(NOW.fetch_add(size, SeqCst) + size, SeqCst);
            // SAFETY: as above.
            unsafe { System.alloc(layout) }
        }

        unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
            NOW.fetch_sub(layout.size() as u64, SeqCst);
            // SAFETY: as above.
            unsafe { System.dealloc(at, layout) }
        }
    }

    #[global_allocator]
    static ALLOCATOR: Counting = Counting;

    /// The bytes that are held.
    #[allow(dead_code, reason = "not every test asks")]
    pub fn now() -> u64 {
        NOW.load(SeqCst)
    }

    /// The most bytes that were held at a time during some work, above those held before it.
    pub fn most(work: impl FnOnce()) -> u64 {
        let before = NOW.load(SeqCst);
        MOST.store(before, SeqCst);
        work();
        MOST.load(SeqCst) - before
    }
}

#[cfg(target_arch = "wasm32")]
mod counted {
    /// Bytes by which the worker's memory, which never shrinks, grew during some work.
    pub fn most(work: impl FnOnce()) -> u64 {
        let pages = || core::arch::wasm32::memory_size(0) as u64;
        let before = pages();
        work();
        (pages() - before) << 16
    }
}
