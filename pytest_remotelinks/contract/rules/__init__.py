"""The rules of links, properties, parameters, order and manners, each family in a module."""
