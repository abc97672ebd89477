//! OAuth 1.0a signatures (RFC 5849) for X.
