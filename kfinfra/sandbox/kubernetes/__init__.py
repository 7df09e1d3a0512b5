"""The sandbox's Kubernetes API: a few kinds, kept in memory, with the real server's rules for writing them.

Looked at before it was written: kmock (a mock for tests, whose server-side apply and admission are for the test to write) and
moto (no Kubernetes). What kfinfra rests on (field ownership, conflicts, claims that bind, namespaces that hang) is here.
"""
