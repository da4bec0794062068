"""The one loop of every per-record stage: work list from the ledger, process, write, record."""
