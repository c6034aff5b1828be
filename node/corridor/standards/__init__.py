"""Pure mappers between the standards of customs and the records of Corridor."""
