//! Hugo shortcodes and Liquid tags: found and taken out, with a notice.
