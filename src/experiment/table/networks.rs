//! The lines of the table for networks in the place of the table of Q-values.

use super::super::parameters::{Choice, Group, Parameter, Words};
use super::{STEPS, choice, integer, number, words};

const GROUP: Group = Group::Network;
const UPDATES: Words = words("updates", "次更新");
const TRANSITIONS: Words = words("transitions", "个转移");

const APPROXIMATORS: &[Choice] = &[
    Choice {
        key: "table",
        label: words("table", "表格"),
    },
    Choice {
        key: "tiles",
        label: words("tiles", "瓦片"),
    },
    Choice {
        key: "mlp",
        label: words("MLP", "MLP"),
    },
    Choice {
        key: "cnn",
        label: words("CNN", "CNN"),
    },
    Choice {
        key: "gru",
        label: words("GRU", "GRU"),
    },
    Choice {
        key: "transformer",
        label: words("Transformer", "Transformer"),
    },
];

const fn same(key: &'static str) -> Choice {
    Choice {
        key,
        label: words(key, key),
    }
}

const WIDTHS: &[Choice] = &[same("16"), same("32"), same("64"), same("128")];

#[rustfmt::skip]
pub const PARAMETERS: &[Parameter] = &[
    choice(
        "approximator",
        GROUP,
        words("Action values", "动作价值"),
        words(
            "What holds Q(s,a): a table with one number a pair; tiles, whose sums let near states and actions learn from each other; or a deep Q-network with one of four encoders of the state's items.",
            "用什么表示 Q(s,a)：每个状态-动作对一个数的表格；瓦片（求和表示，相近的状态与动作互相学习）；或使用四种编码器之一的深度 Q 网络。",
        ),
        APPROXIMATORS,
    ),
    integer(
        "tilings",
        GROUP,
        words("Tilings", "瓦片层数"),
        words(
            "Grids of tiles over one another, each shifted. A value is the sum of one weight of each; more tell finer differences apart.",
            "相互错开的瓦片网格层数。价值为每层一个权重之和；层数越多越能区分细节。",
        ),
        (16, 1, 64),
    ),
    integer(
        "tilesAlong",
        GROUP,
        words("Tiles along an axis", "每维瓦片数"),
        words(
            "How many tiles cover each quantity of the state, and the actions. Fewer learn faster from less, more can be more exact.",
            "每个状态量以及动作各用多少瓦片覆盖。少则学得快，多则可以更精确。",
        ),
        (4, 1, 1_000),
    ),
    choice(
        "networkWidth",
        GROUP,
        words("Width", "宽度"),
        words(
            "Numbers that the network keeps of each item and state. More remember finer differences and take longer.",
            "网络为每个商品和状态保留的数值个数。越大越能区分细节，也越慢。",
        ),
        WIDTHS,
    ),
    number(
        "networkRate",
        GROUP,
        words("Learning rate (Adam)", "学习率 (Adam)"),
        words(
            "Size of a step of the optimiser at first; it falls along a cosine to a twentieth. Too large diverges.",
            "优化器最初的步长；沿余弦降到二十分之一。过大会发散。",
        ),
        (0.004, 0.00001, 0.1, 0.0005),
    ),
    integer(
        "networkBatch",
        GROUP,
        words("Batch", "批大小"),
        words("How many remembered transitions an update learns from.", "每次更新所用的转移数。"),
        (128, 1, 1_024),
    )
    .unit(TRANSITIONS),
    integer(
        "networkEvery",
        GROUP,
        words("Steps per update", "每次更新的步数"),
        words(
            "How many steps are taken between two updates. Fewer learn more from each step and take longer.",
            "两次更新之间的步数。越少则每步学得越多，也越慢。",
        ),
        (40, 1, 1_000),
    )
    .unit(STEPS),
    integer(
        "networkReplay",
        GROUP,
        words("Replay buffer", "回放缓冲区"),
        words("How many of the newest transitions are remembered.", "记住的最新转移数。"),
        (2_000_000, 100, 10_000_000),
    )
    .unit(TRANSITIONS)
    .expert(),
    integer(
        "networkTarget",
        GROUP,
        words("Target network", "目标网络"),
        words(
            "How many updates lie between two copies of the network. The agent acts and bootstraps on the copy.",
            "两次复制网络之间的更新次数。智能体按该副本行动和自举。",
        ),
        (200, 1, 100_000),
    )
    .unit(UPDATES)
    .expert(),
    integer(
        "networkWarmUp",
        GROUP,
        words("Warm-up", "预热"),
        words("How many steps are taken before the first update.", "首次更新前的步数。"),
        (1_000, 1, 1_000_000),
    )
    .unit(STEPS)
    .expert(),
];
