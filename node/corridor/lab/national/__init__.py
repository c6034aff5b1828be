"""National systems of a lab that know their own standard and the gateways, and nothing else.

They import nothing of Corridor: what they know of it is the manual's page "Connect your national
system".
"""
