//! Secrets are in no error, trace or report, however they were given.
