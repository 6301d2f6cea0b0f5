"""The pages about stages and params, made from the graph, the schemas and params.yaml themselves.

Nothing of the project imports it but docs/conf.py and the tests.
"""
