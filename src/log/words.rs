//! What event words mean, in the languages and habits of the logs met in the wild.

use std::collections::BTreeMap;

use super::EventType;

const VIEW: &[&str] = &[
    "view",
    "views",
    "viewed",
    "pv",
    "detail",
    "details",
    "impression",
    "impressions",
    "show",
    "exposure",
    "browse",
    "pageview",
    "page_view",
    "view_item",
    "product_view",
    "item_view",
    "浏览",
    "查看",
    "曝光",
    "展示",
];
const CLICK: &[&str] = &["click", "clicks", "clicked", "clk", "点击"];
const CART: &[&str] = &[
    "cart",
    "carts",
    "addtocart",
    "add_to_cart",
    "add to cart",
    "add-to-cart",
    "add",
    "basket",
    "fav",
    "favorite",
    "favourite",
    "wishlist",
    "add_to_wishlist",
    "加购",
    "加购物车",
    "加入购物车",
    "加车",
    "收藏",
];
const PURCHASE: &[&str] = &[
    "purchase",
    "purchases",
    "purchased",
    "buy",
    "buys",
    "bought",
    "order",
    "orders",
    "ordered",
    "transaction",
    "transactions",
    "sale",
    "pay",
    "payment",
    "购买",
    "下单",
    "支付",
    "成交",
];
const IGNORED: &[&str] = &[
    "remove_from_cart",
    "removefromcart",
    "remove from cart",
    "remove",
    "refund",
    "return",
    "cancel",
    "search",
    "移出购物车",
    "取消收藏",
    "退货",
    "退款",
    "取消",
    "搜索",
];

/// The built-in meaning of a word in lower case: `None` for unknown words, `Some(None)` for those to be ignored.
pub(super) fn meaning(word: &str) -> Option<Option<EventType>> {
    for (list, kind) in [
        (VIEW, EventType::View),
        (CLICK, EventType::Click),
        (CART, EventType::Cart),
        (PURCHASE, EventType::Purchase),
    ] {
        if list.contains(&word) {
            return Some(Some(kind));
        }
    }
    IGNORED.contains(&word).then_some(None)
}

/// A word as it is compared: trimmed, in lower case.
pub(super) fn normal(word: &str) -> String {
    word.trim().to_lowercase()
}

/// What the numbers of a 0/1 column mean: 1 is what the column's name says, 0 that it was only shown.
pub(super) fn flag_meaning(column: &str) -> BTreeMap<String, Option<EventType>> {
    let kind = if [
        "buy",
        "bought",
        "purchase",
        "order",
        "convert",
        "conversion",
        "sale",
        "购买",
    ]
    .iter()
    .any(|word| column.contains(word))
    {
        EventType::Purchase
    } else if column.contains("cart") {
        EventType::Cart
    } else {
        EventType::Click
    };
    BTreeMap::from([
        ("0".to_owned(), Some(EventType::View)),
        ("1".to_owned(), Some(kind)),
    ])
}

/// The numbers 1 to 4 of Tianchi's mobile log: view, favourite, cart, purchase.
pub(super) fn tianchi_meaning() -> BTreeMap<String, Option<EventType>> {
    [
        ("1", EventType::View),
        ("2", EventType::Cart),
        ("3", EventType::Cart),
        ("4", EventType::Purchase),
    ]
    .map(|(word, kind)| (word.to_owned(), Some(kind)))
    .into()
}

/// Whether a value stands for "nothing": empty, or what databases and data frames write for it.
#[inline]
pub(super) fn is_missing(value: &[u8]) -> bool {
    match value {
        [] => true,
        [b'N' | b'n' | b'\\', ..] if value.len() <= 4 => {
            matches!(
                value,
                b"NA"
                    | b"N/A"
                    | b"n/a"
                    | b"NULL"
                    | b"null"
                    | b"Null"
                    | b"None"
                    | b"none"
                    | b"NaN"
                    | b"nan"
                    | b"\\N"
            )
        }
        _ => false,
    }
}
