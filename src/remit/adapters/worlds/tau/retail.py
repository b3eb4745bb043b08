"""The shop of the tau benchmarks: orders, products, customers, and the tools of its service desk."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from remit.adapters.worlds.definition import ToolRefusal
from remit.adapters.worlds.tau.calculator import calculate
from remit.adapters.worlds.tau.desk import Desk
from remit.adapters.worlds.tau.editions import Edition

_CANCEL_REASONS = ("no longer needed", "ordered by mistake")


class Retail(Desk):
    """The shop's service desk."""

    def tools(self) -> Mapping[str, Callable[..., Any]]:
        """The tools of this edition by name."""
        shared: dict[str, Callable[..., Any]] = {
            "calculate": calculate,
            "cancel_pending_order": self.cancel_pending_order,
            "exchange_delivered_order_items": self.exchange_delivered_order_items,
            "find_user_id_by_email": self.find_user_id_by_email,
            "find_user_id_by_name_zip": self.find_user_id_by_name_zip,
            "get_order_details": self.get_order_details,
            "get_product_details": self.get_product_details,
            "get_user_details": self.get_user_details,
            "list_all_product_types": self.list_all_product_types,
            "modify_pending_order_address": self.modify_pending_order_address,
            "modify_pending_order_items": self.modify_pending_order_items,
            "modify_pending_order_payment": self.modify_pending_order_payment,
            "modify_user_address": self.modify_user_address,
            "return_delivered_order_items": self.return_delivered_order_items,
            "transfer_to_human_agents": self.transfer_to_human_agents,
        }
        if self._edition is Edition.TAU1:
            return shared | {"think": self.think}
        return shared | {"get_item_details": self.get_item_details}

    # ── looking things up ─────────────────────────────────────────────────────────────────────────
    def find_user_id_by_email(self, email: str) -> str:
        """The customer with this address, upper and lower case alike."""
        for user_id, customer in self._state.records("users"):
            if customer["email"].lower() == email.lower():
                return user_id
        raise ToolRefusal("User not found")

    def find_user_id_by_name_zip(self, first_name: str, last_name: str, zip: str) -> str:  # noqa: A002  the schema's name
        """The customer of this name, upper and lower case alike, in this postal area."""
        wanted = (first_name.lower(), last_name.lower(), zip)
        for user_id, customer in self._state.records("users"):
            name = customer["name"]
            if (name["first_name"].lower(), name["last_name"].lower(), customer["address"]["zip"]) == wanted:
                return user_id
        raise ToolRefusal("User not found")

    def get_user_details(self, user_id: str) -> Mapping[str, Any]:
        """The customer's profile."""
        return self._found("users", user_id, "User not found")

    def get_order_details(self, order_id: str) -> Mapping[str, Any]:
        """One order."""
        return self._order(order_id)

    def get_product_details(self, product_id: str) -> Mapping[str, Any]:
        """A product with all its variants."""
        return self._found("products", product_id, "Product not found")

    def get_item_details(self, item_id: str) -> Mapping[str, Any]:
        """One variant of a product."""
        for _, product in self._state.records("products"):
            variant: Mapping[str, Any] | None = product["variants"].get(item_id)
            if variant is not None:
                return variant
        raise ToolRefusal("Item not found")

    def list_all_product_types(self) -> Mapping[str, str]:
        """Product ids by name, in the order of the names."""
        return dict(sorted((product["name"], product["product_id"]) for _, product in self._state.records("products")))

    # ── changing things ───────────────────────────────────────────────────────────────────────────
    def cancel_pending_order(self, order_id: str, reason: str) -> Mapping[str, Any]:
        """Cancel an untouched order; gift cards are refunded at once."""
        before = self._order(order_id)
        if before["status"] != "pending":
            raise ToolRefusal("Non-pending order cannot be cancelled")
        if reason not in _CANCEL_REASONS:
            raise ToolRefusal("Invalid reason")
        refunds = [
            _entry("refund", payment["amount"], payment["payment_method_id"]) for payment in before["payment_history"]
        ]
        for refund in refunds:
            self._pay(before["user_id"], refund["payment_method_id"], -refund["amount"])
        order = self._edit("orders", order_id)
        order["payment_history"].extend(refunds)
        order["status"] = "cancelled"
        order["cancel_reason"] = reason
        return order

    def exchange_delivered_order_items(
        self, order_id: str, item_ids: Sequence[str], new_item_ids: Sequence[str], payment_method_id: str
    ) -> Mapping[str, Any]:
        """Request the exchange of items for others of the same product."""
        before = self._order(order_id)
        if before["status"] != "delivered":
            raise ToolRefusal("Non-delivered order cannot be exchanged")
        difference = round(self._price_difference(before, item_ids, new_item_ids, may_stay=True), 2)
        self._check_method(before["user_id"], payment_method_id, difference, "pay for the price difference")
        order = self._edit("orders", order_id)
        order["status"] = "exchange requested"
        order["exchange_items"] = sorted(item_ids)
        order["exchange_new_items"] = sorted(new_item_ids)
        order["exchange_payment_method_id"] = payment_method_id
        order["exchange_price_difference"] = difference
        return order

    def modify_pending_order_address(
        self,
        *,
        order_id: str,
        address1: str,
        address2: str,
        city: str,
        state: str,
        country: str,
        zip: str,  # noqa: A002  the schema's name
    ) -> Mapping[str, Any]:
        """Send a pending order elsewhere."""
        self._check_pending(self._order(order_id))
        address = self._address(
            {"address1": address1, "address2": address2, "city": city, "state": state, "country": country, "zip": zip}
        )
        order = self._edit("orders", order_id)
        order["address"] = address
        return order

    def modify_pending_order_items(
        self, order_id: str, item_ids: Sequence[str], new_item_ids: Sequence[str], payment_method_id: str
    ) -> Mapping[str, Any]:
        """Swap items of an untouched order for others of the same product; possible once."""
        before = self._order(order_id)
        if before["status"] != "pending":
            raise ToolRefusal("Non-pending order cannot be modified")
        may_stay = self._edition is Edition.TAU1
        difference = self._price_difference(before, item_ids, new_item_ids, may_stay=may_stay)
        self._check_method(before["user_id"], payment_method_id, difference, "pay for the new item")
        order = self._edit("orders", order_id)
        kind = "payment" if difference > 0 else "refund"
        order["payment_history"].append(_entry(kind, abs(difference), payment_method_id))
        self._pay(before["user_id"], payment_method_id, difference)
        items = [_item(before, old_id) for old_id in item_ids]
        variants = [self._variant(item["product_id"], new_id) for item, new_id in zip(items, new_item_ids, strict=True)]
        if self._edition is Edition.TAU2:
            # Published outcomes of the second edition give every swapped item the last one's price and options.
            variants = variants[-1:] * len(variants)
        for old_id, new_id, variant in zip(item_ids, new_item_ids, variants, strict=True):
            _item(order, old_id).update(item_id=new_id, price=variant["price"], options=dict(variant["options"]))
        order["status"] = "pending (item modified)"
        return order

    def modify_pending_order_payment(self, order_id: str, payment_method_id: str) -> Mapping[str, Any]:
        """Pay a pending order with another method; the first one is refunded."""
        before = self._order(order_id)
        self._check_pending(before)
        method = self._method(before["user_id"], payment_method_id)
        history = before["payment_history"]
        if len(history) != 1 or history[0]["transaction_type"] != "payment":
            raise ToolRefusal("There should be exactly one payment for a pending order")
        amount, first_method = history[0]["amount"], history[0]["payment_method_id"]
        if first_method == payment_method_id:
            raise ToolRefusal("The new payment method should be different from the current one")
        if method["source"] == "gift_card" and method["balance"] < amount:
            raise ToolRefusal("Insufficient gift card balance to pay for the order")
        order = self._edit("orders", order_id)
        order["payment_history"].append(_entry("payment", amount, payment_method_id))
        order["payment_history"].append(_entry("refund", amount, first_method))
        self._pay(before["user_id"], payment_method_id, amount)
        self._pay(before["user_id"], first_method, -amount)
        return order

    def modify_user_address(
        self,
        *,
        user_id: str,
        address1: str,
        address2: str,
        city: str,
        state: str,
        country: str,
        zip: str,  # noqa: A002  the schema's name
    ) -> Mapping[str, Any]:
        """Change the customer's own address; orders keep theirs."""
        self._found("users", user_id, "User not found")
        address = self._address(
            {"address1": address1, "address2": address2, "city": city, "state": state, "country": country, "zip": zip}
        )
        customer = self._edit("users", user_id)
        customer["address"] = address
        return customer

    def return_delivered_order_items(
        self, order_id: str, item_ids: Sequence[str], payment_method_id: str
    ) -> Mapping[str, Any]:
        """Request a return; the refund goes to the first payment method or to a gift card."""
        before = self._order(order_id)
        if before["status"] != "delivered":
            raise ToolRefusal("Non-delivered order cannot be returned")
        method = self._method(before["user_id"], payment_method_id)
        paid_with = before["payment_history"][0]["payment_method_id"]
        if method["source"] != "gift_card" and payment_method_id != paid_with:
            raise ToolRefusal(
                "Payment method should be either the original payment method or a gift card"
                if self._edition is Edition.TAU1
                else "Payment method should be the original payment method"
            )
        owned = [item["item_id"] for item in before["items"]]
        if any(item_ids.count(item_id) > owned.count(item_id) for item_id in item_ids):
            raise ToolRefusal("Some item not found")
        order = self._edit("orders", order_id)
        order["status"] = "return requested"
        order["return_items"] = sorted(item_ids)
        order["return_payment_method_id"] = payment_method_id
        return order

    # ── records, prices and money ─────────────────────────────────────────────────────────────────
    def _found(self, table: str, key: str, otherwise: str) -> Mapping[str, Any]:
        record: Mapping[str, Any] | None = self._state.find(table, key)
        if record is None:
            raise ToolRefusal(otherwise)
        return record

    def _order(self, order_id: str) -> Mapping[str, Any]:
        return self._found("orders", order_id, "Order not found")

    def _method(self, user_id: str, payment_method_id: str) -> Mapping[str, Any]:
        customer = self._found("users", user_id, "User not found")
        method: Mapping[str, Any] | None = customer["payment_methods"].get(payment_method_id)
        if method is None:
            raise ToolRefusal("Payment method not found")
        return method

    def _check_pending(self, order: Mapping[str, Any]) -> None:
        # The second edition still calls an order pending whose items were modified.
        status = order["status"]
        if not (status == "pending" or (self._edition is Edition.TAU2 and "pending" in status)):
            raise ToolRefusal("Non-pending order cannot be modified")

    def _check_method(self, user_id: str, payment_method_id: str, price: float, purpose: str) -> None:
        method = self._method(user_id, payment_method_id)
        if method["source"] == "gift_card" and method["balance"] < price:
            raise ToolRefusal(f"Insufficient gift card balance to {purpose}")

    def _price_difference(
        self, order: Mapping[str, Any], item_ids: Sequence[str], new_item_ids: Sequence[str], *, may_stay: bool
    ) -> float:
        """What the new items cost more than the old ones; refuses what cannot be swapped."""
        owned = [item["item_id"] for item in order["items"]]
        for item_id in item_ids:
            if item_ids.count(item_id) > owned.count(item_id):
                raise ToolRefusal(f"{item_id} not found")
        if len(item_ids) != len(new_item_ids):
            raise ToolRefusal("The number of items to be exchanged should match")
        difference = 0.0
        for old_id, new_id in zip(item_ids, new_item_ids, strict=True):
            if old_id == new_id and not may_stay:
                raise ToolRefusal("The new item id should be different from the old item id")
            item = _item(order, old_id)
            difference += self._variant(item["product_id"], new_id)["price"] - item["price"]
        return difference

    def _variant(self, product_id: str, item_id: str) -> Mapping[str, Any]:
        product = self._found("products", product_id, "Product not found")
        variant: Mapping[str, Any] | None = product["variants"].get(item_id)
        if variant is None or not variant["available"]:
            raise ToolRefusal(f"New item {item_id} not found or available")
        return variant

    def _pay(self, user_id: str, payment_method_id: str, amount: float) -> None:
        """Take an amount from a gift card, or put it back if negative; other methods settle elsewhere."""
        if self._method(user_id, payment_method_id)["source"] == "gift_card":
            card = self._edit("users", user_id)["payment_methods"][payment_method_id]
            card["balance"] = round(card["balance"] - amount, 2)

    def _address(self, address: Mapping[str, str]) -> dict[str, str]:
        if self._edition is Edition.TAU1:
            return dict(address)
        if not all(isinstance(part, str) for part in address.values()):
            raise ToolRefusal("Every part of an address is text")
        return {part: address[part] for part in ("address1", "address2", "city", "country", "state", "zip")}


def _item(order: Mapping[str, Any], item_id: str) -> dict[str, Any]:
    item: dict[str, Any] = next(item for item in order["items"] if item["item_id"] == item_id)
    return item


def _entry(kind: str, amount: float, payment_method_id: str) -> dict[str, Any]:
    return {"transaction_type": kind, "amount": amount, "payment_method_id": payment_method_id}
