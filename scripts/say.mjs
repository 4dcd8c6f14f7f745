/** A line for people. Always on standard error, so that standard output stays what the started program writes. */
export function say(text) {
  process.stderr.write(`${text}\n`)
}

// Several may go on at the same time; of them one line that moves tells.
const going = new Set()

/** Does some work under a line that says what it is and, when it is done, how long it took. */
export async function during(title, work) {
  const start = performance.now()
  const live = process.stderr.isTTY === true
  const tick = () => {
    const [first] = going
    if (first === title) process.stderr.write(`\r${CLEAR}${[...going].join(', ')} … ${secondsSince(start)} s`)
  }
  going.add(title)
  if (live) tick()
  else process.stderr.write(`${title} …\n`)
  const ticking = live ? setInterval(tick, 500) : undefined
  try {
    return await work()
  } finally {
    clearInterval(ticking)
    going.delete(title)
    process.stderr.write(`${live ? `\r${CLEAR}` : ''}${title}: ${secondsSince(start)} s\n`)
  }
}

// To the end of the line.
const CLEAR = '\x1b[K'

const secondsSince = (start) => ((performance.now() - start) / 1000).toFixed(1)

/** A failure that people can act on: shown as two lines, without a stack. */
export function failure(cause, remedy) {
  return Object.assign(new Error(cause), { remedy })
}

export function sayFailure(error) {
  if (error.remedy === undefined) say(error.stack ?? String(error))
  else say(`error: ${error.message}\n  → ${error.remedy}`)
}
