// Loaded with --import: the process's clock is wrong by CLOCK_SKEW_MS, as that of a machine can be. Timers go on as they do.
const skewMs = Number(process.env.CLOCK_SKEW_MS)
if (!Number.isFinite(skewMs)) throw new TypeError('CLOCK_SKEW_MS says by how much')

const Real = globalThis.Date
globalThis.Date = class extends Real {
  constructor(...given) {
    if (given.length === 0) super(Real.now() + skewMs)
    else super(...given)
  }

  static now() {
    return Real.now() + skewMs
  }
}
