//! Text from the network is shown by a terminal, and never obeyed.
