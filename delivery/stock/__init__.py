"""Files of the stock: how a delivery note is read before `delivery.actions` receives its items."""
