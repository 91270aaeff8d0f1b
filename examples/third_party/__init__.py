"""A small third party: it connects to a data custodian, keeps up with a customer's readings and draws them."""
