"""What the sections use of Qt: dialogs, tables, timers, shortcuts, signals, plain widgets."""
