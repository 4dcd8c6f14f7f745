/** A line for people. Always on standard error, so that standard output stays what the started program writes. */
export function say(text) {
  process.stderr.write(`${text}\n`)
}

/** Does some work under a line that says what it is and, when it is done, how long it took. */
export async function during(title, work) {
  const start = performance.now()
  const live = process.stderr.isTTY === true
  process.stderr.write(live ? `${title} …` : `${title} …\n`)
  const ticking = live ? setInterval(() => process.stderr.write(`\r${title} … ${secondsSince(start)} s`), 500) : undefined
  try {
    return await work()
  } finally {
    clearInterval(ticking)
    process.stderr.write(`${live ? '\r' : ''}${title}: ${secondsSince(start)} s${live ? '   ' : ''}\n`)
  }
}

const secondsSince = (start) => ((performance.now() - start) / 1000).toFixed(1)

/** A failure that people can act on: shown as two lines, without a stack. */
export function failure(cause, remedy) {
  return Object.assign(new Error(cause), { remedy })
}

export function sayFailure(error) {
  if (error.remedy === undefined) say(error.stack ?? String(error))
  else say(`error: ${error.message}\n  → ${error.remedy}`)
}
