# Daily Farrington as `farringtonFlexible` of the R package surveillance gives it, run once:
# Rscript tests/golden/make_farrington.R
#
# With freq = 7, w = 0 and noPeriods = 7 its reference blocks are single days and its seasonal groups the weekdays:
# b weeks back, the last pastWeeksNotIncluded days left out. pThresholdTrend = 1 fits a trend always, unless it leads
# above the largest count (the package's rule against extrapolation); limit54 = c(0, 4) gives a bound every day.

suppressPackageStartupMessages({
  library(surveillance)
  library(jsonlite)
})

# glm stops by default at a relative change of 1e-8 in the deviance, which leaves 1e-4 in small p-values, the more so as
# its dispersion is taken with the weights of the last step but one: here it goes on to 1e-14.
sharp <- stats::glm.control
formals(sharp)$epsilon <- 1e-14
formals(sharp)$maxit <- 100
assignInNamespace("glm.control", sharp, "stats")

set.seed(22)
one <- function(name, counts, b, guard, alpha, exposure = 1) {
  exposure <- rep_len(exposure, length(counts))
  days <- sts(observed = matrix(counts), start = c(1, 1), frequency = 7, population = matrix(exposure))
  range <- (length(counts) - 39):length(counts)
  control <- list(range = range, b = b, w = 0, noPeriods = 7, pastWeeksNotIncluded = guard, trend = TRUE,
                  pThresholdTrend = 1, reweight = TRUE, weightsThreshold = 2.58, limit54 = c(0, 4), alpha = alpha,
                  thresholdMethod = "nbPlugin", populationOffset = TRUE, glmWarnings = FALSE)
  found <- farringtonFlexible(days, control)
  list(
    name = name,
    inputs = list(counts = counts, exposure = exposure, window = 7 * b - guard, guard = guard, alpha = alpha),
    values = list(
      p = as.numeric(found@control$pvalue),
      mean = as.numeric(found@control$mu0Vector),
      dispersion = as.numeric(found@control$phiVector),
      upper = as.numeric(upperbound(found)),
      trend = as.integer(found@control$trend)
    )
  )
}
weekday <- function(n) c(0.8, 0.8, 0.9, 0.9, 1, 1.5, 1.3)[(seq_len(n) - 1) %% 7 + 1]
twice <- rep(c(1, 2, 1.25, 2, 0.8), c(30, 25, 30, 20, 15))
surge <- rep(c(0, 12, 0, 25, 0), c(90, 6, 44, 1, 59))

golden <- list(
  package = "surveillance",
  version = paste(packageVersion("surveillance"), R.version.string, sep = ", "),
  source = paste("farringtonFlexible, nbPlugin, w = 0, noPeriods = 7, pThresholdTrend = 1, glm.control(1e-14):",
                 "pvalue, mu0Vector, phiVector, upperbound, trend"),
  tolerance = list(rtol = 1e-6, atol = 1e-9),
  cases = list(
    one("overdispersed with surges", rnbinom(200, size = 2, mu = 5 * weekday(200)) + surge, 14, 7, 0.001),
    one("Poisson with a trend", rpois(150, 4 * weekday(150) * exp(0.004 * seq_len(150))) + 0, 12, 3, 0.01),
    one("falling, no guard", rnbinom(120, size = 1, mu = 12 * weekday(120) * exp(-0.01 * 1:120)) + 0, 10, 0, 0.01),
    one("rising too steeply to be led on", rnbinom(110, size = 4, mu = 0.4 * exp(0.035 * 1:110)) + 0, 8, 14, 0.01),
    one("watched at times by twice as many", rpois(120, 5 * weekday(120) * twice) + 0, 9, 5, 0.001, twice)
  )
)
arguments <- commandArgs(FALSE)
here <- dirname(sub("^--file=", "", arguments[grep("^--file=", arguments)]))
write(toJSON(golden, auto_unbox = TRUE, digits = NA, na = "null"), file.path(here, "farrington.json"))
