//! Fitting: drops and shortens parts of a text until it fits.
