//! Stand-ins for every kind of channel on loopback, and the story that uses them.
