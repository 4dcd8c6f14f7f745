interface Output {
  readonly isTTY?: boolean
  readonly write: (text: string) => unknown
}

export interface Progress {
  /** Does some work under its title; one line tells what came of it and how long it took. `note` says how far it has come. */
  readonly step: <T>(title: string, work: (note: (text: string) => void) => Promise<T>, says?: (result: T) => string) => Promise<T>
  /** A line between the steps. */
  readonly say: (text: string) => void
}

const CLEAR_LINE = '\r\u001b[2K'

/** Progress for people: a line that moves while a terminal watches, and one line for each finished step in any case. */
export function createProgress(out: Output = process.stderr): Progress {
  const clear = out.isTTY === true ? CLEAR_LINE : ''
  return {
    say: (text) => void out.write(`${clear}${text}\n`),
    step: async (title, work, says = () => '') => {
      const start = performance.now()
      const took = (): string => `${((performance.now() - start) / 1_000).toFixed(1)} s`
      let noted = ''
      const ticking =
        out.isTTY === true ? setInterval(() => out.write(`${CLEAR_LINE}${line(title, `${noted} …`, took())}`), 200) : undefined
      try {
        const result = await work((text) => {
          noted = text
        })
        out.write(`${clear}${line(title, says(result), took())}\n`)
        return result
      } catch (error) {
        out.write(`${clear}${line(title, `${noted} (not finished)`, took())}\n`)
        throw error
      } finally {
        clearInterval(ticking)
      }
    },
  }
}

const line = (title: string, text: string, took: string): string => `${title.padEnd(12)} ${text.trim().padEnd(56)} ${took.padStart(7)}`
