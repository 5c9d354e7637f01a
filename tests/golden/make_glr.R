# The negative binomial GLR statistic as `glrnb` of the R package surveillance gives it, run once:
# Rscript tests/golden/make_glr.R
#
# M = -1: starts of shifts are sought on all days back. The threshold c.ARL is never reached, so that nothing restarts.
# alpha is 1 / size; Mtilde the least number of days of a shift. Means are given for every day. Downwards no day is 0:
# days without any viewing are most likely at the factor 0, which glrnb only approaches, some 1e-8 short.

suppressPackageStartupMessages({
  library(surveillance)
  library(jsonlite)
})

set.seed(31)
one <- function(name, direction, size, shortest, ratio, least = 0) {
  days <- length(ratio)
  means <- round(2 * exp(0.4 * sin(2 * pi * seq_len(days) / 7)) * runif(days, 0.5, 2), 3)
  counts <- pmax(least, rnbinom(days, size = size, mu = ratio * means))
  control <- list(
    range = seq_len(days), mu0 = means, alpha = 1 / size, theta = NULL, change = "intercept", M = -1,
    Mtilde = shortest, dir = c(up = "inc", down = "dec")[[direction]], c.ARL = 1e9, ret = "value"
  )
  list(
    name = name,
    inputs = list(direction = direction, size = size, shortest = shortest, means = means, counts = counts + 0),
    values = upperbound(glrnb(sts(counts), control = control))[, 1]
  )
}

shifts <- rep(c(1, 3, 1, 0.2, 1), c(40, 15, 40, 30, 25))
golden <- list(
  package = "surveillance",
  version = paste(packageVersion("surveillance"), R.version.string, sep = ", "),
  source = "glrnb(sts, list(mu0, alpha = 1 / size, M = -1, Mtilde, dir, c.ARL = 1e9, ret = \"value\"))",
  tolerance = list(rtol = 1e-10, atol = 1e-10),
  cases = list(
    one("most days are zero", "up", 0.36, 1, shifts),
    one("little overdispersion", "up", 5, 1, shifts),
    one("shifts of a week at least", "up", 0.36, 7, shifts),
    one("fewer", "down", 5, 1, shifts, least = 1),
    one("fewer for a week at least", "down", 1.5, 7, shifts, least = 1)
  )
)
arguments <- commandArgs(FALSE)
here <- dirname(sub("^--file=", "", arguments[grep("^--file=", arguments)]))
write(toJSON(golden, auto_unbox = TRUE, digits = NA, pretty = FALSE), file.path(here, "glr.json"))
