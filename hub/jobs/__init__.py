"""Work that must happen although a process dies: outbox, relay, worker, schedule."""
