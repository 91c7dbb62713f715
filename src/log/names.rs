//! What columns of logs are called, in English and Chinese.

use super::options::Role;

/// Names of columns by role, in lower case without spaces and punctuation, the best name first.
const NAMES: &[(Role, &str)] = &[
    (
        Role::Event,
        "eventtype event behaviortype behaviourtype behavior behaviour action actiontype eventname \
         interaction interactiontype activity type click clicked isclick clicks purchased purchase bought \
         label 行为类型 行为 事件类型 事件 动作 操作",
    ),
    (
        Role::Time,
        "timestamp eventtime time datetime ts tsms timestampms eventtimestamp transactiontimestamp \
         unixtime unixtimestamp createdat created invoicedate orderdate eventdate date day timeframe \
         timeofday step seq sequence eventnumber 时间戳 时间 日期 发生时间 下单时间",
    ),
    (
        Role::Session,
        "sessionid session usersession sid visitid visit basketid basket invoiceno invoice invoiceid \
         orderid ordernumber transactionid cartid 会话 会话id 订单号 订单编号",
    ),
    (
        Role::User,
        "userid user visitorid visitor customerid customer clientid client uid memberid member householdid \
         householdkey household buyerid buyer accountid account personid person cookieid cookie deviceid \
         fullvisitorid customerno 用户 用户id 用户编号 会员 会员id 顾客 顾客id 客户 客户id 买家 买家id",
    ),
    (
        Role::Item,
        "itemid item productid product skuid sku stockcode aid articleid article goodsid goods asin \
         movieid contentid iid productcode 商品 商品id 商品编号 物品 物品id 产品 产品id 货号",
    ),
    (
        Role::Price,
        "unitprice price saleprice itemprice salesvalue amount total linetotal revenue 单价 价格 金额",
    ),
    (Role::Quantity, "quantity qty units 数量 件数"),
    (
        Role::Category,
        "categoryid category itemcategory productcategory categorycode cat catid categoryname department \
         类目 类目id 商品类目 类别 品类 分类",
    ),
    (
        Role::Propensity,
        "propensityscore propensity pscore 倾向得分",
    ),
    (Role::Position, "position pos slot rank 位置"),
    (
        Role::Variant,
        "variant abgroup testgroup experimentgroup arm bucket group 实验分组 分组",
    ),
];

/// Names of price columns that hold the total of a row.
pub(super) const TOTALS: &[&str] = &[
    "salesvalue",
    "amount",
    "total",
    "linetotal",
    "revenue",
    "金额",
];
/// Names of columns that only order events.
pub(super) const ORDERS: &[&str] = &["step", "seq", "sequence", "eventnumber"];

/// A column's name without case, spaces and punctuation.
pub(super) fn normal(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// The names of columns that play a role, the best first.
pub(super) fn of(role: Role) -> impl Iterator<Item = &'static str> {
    let list = NAMES.iter().find(|(other, _)| *other == role);
    list.map_or("", |(_, list)| list).split_whitespace()
}

/// The role that a column of this normal name plays.
pub(super) fn role(name: &str) -> Option<Role> {
    let found = NAMES
        .iter()
        .find(|(_, list)| list.split_whitespace().any(|known| known == name));
    found.map(|(role, _)| *role)
}

/// The roles in the order in which columns are looked for.
pub(super) fn roles() -> impl Iterator<Item = Role> {
    NAMES.iter().map(|(role, _)| *role)
}

/// Whether a field is a name that columns of logs have.
pub(super) fn is_column_name(field: &str) -> bool {
    role(&normal(field)).is_some()
}
