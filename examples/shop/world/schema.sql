-- The store's database. Amounts are euro cents, dates ISO 8601, and every table has a primary key:
-- state checks of scenarios name a row as /table/key and a column as /table/key/column.

create table customers (
    customer_id text primary key,
    name        text not null,
    email       text not null unique,
    address     text not null,
    since       text not null
);

create table products (
    sku         text primary key,
    name        text not null,
    category    text not null,
    price_cents integer not null check (price_cents > 0),
    available   integer not null check (available >= 0),
    restock_on  text,
    returnable  integer not null check (returnable in (0, 1))
);

create table orders (
    order_id       text primary key,
    customer_id    text not null references customers,
    placed_on      text not null,
    status         text not null check (status in ('processing', 'shipped', 'delivered', 'cancelled')),
    address        text not null,
    payment        text not null check (payment in ('card', 'paypal', 'invoice')),
    voucher        text references vouchers,
    discount_cents integer not null default 0 check (discount_cents >= 0),
    shipping_cents integer not null check (shipping_cents >= 0)
);
create index orders_by_customer on orders (customer_id);

create table order_items (
    order_id    text not null references orders,
    sku         text not null references products,
    quantity    integer not null check (quantity > 0),
    price_cents integer not null,
    primary key (order_id, sku)
);

create table shipments (
    shipment_id  text primary key,
    order_id     text not null unique references orders,
    carrier      text not null,
    tracking     text not null,
    status       text not null check (status in ('in_transit', 'delayed', 'at_pickup_point', 'delivered')),
    shipped_on   text not null,
    due_on       text not null,
    delivered_on text
);

create table shipment_events (
    shipment_id text not null references shipments,
    number      integer not null,
    at          text not null,
    place       text not null,
    what        text not null,
    primary key (shipment_id, number)
);

create table returns (
    return_id   text primary key,
    order_id    text not null references orders,
    sku         text not null references products,
    reason      text not null,
    status      text not null check (status in ('label_sent', 'in_transit', 'received', 'refunded')),
    started_on  text not null,
    received_on text
);
create index returns_by_order on returns (order_id);

create table refunds (
    refund_id    text primary key,
    order_id     text not null unique references orders,
    amount_cents integer not null check (amount_cents > 0),
    reason       text not null,
    issued_on    text not null
);

create table vouchers (
    code          text primary key,
    percent       integer not null default 0,
    amount_cents  integer not null default 0,
    minimum_cents integer not null default 0,
    valid_until   text not null
);

create table voucher_uses (
    code        text not null references vouchers,
    customer_id text not null references customers,
    order_id    text not null references orders,
    primary key (code, customer_id)
);

create table invoices (
    invoice_id text primary key,
    order_id   text not null references orders,
    email      text not null,
    sent_on    text not null
);

create table tickets (
    ticket_id text primary key,
    subject   text not null,
    details   text not null,
    priority  text not null check (priority in ('low', 'normal', 'high', 'urgent')),
    status    text not null check (status in ('open', 'closed')),
    opened_on text not null
);
