import type { Traded } from './trade.js'

export interface CustomersOptions {
  /** Lets customers in until the signal aborts. */
  readonly trade: (signal: AbortSignal) => Promise<Traded>
  readonly say: (text: string) => void
}

export interface Customers {
  /** Opens the shops, or closes them: one after the other, however fast somebody asks. */
  readonly toggle: () => Promise<void>
  /** Closes the shops for good, and answers when the last customer has gone. */
  readonly close: () => Promise<void>
}

/** Customers that come and go as somebody says. */
export function openCustomers({ trade, say }: CustomersOptions): Customers {
  let trading: { readonly closing: AbortController; readonly ended: Promise<Traded | undefined> } | undefined
  let over = false
  let turn: Promise<void> = Promise.resolve()
  const open = (): void => {
    const closing = new AbortController()
    const ended = trade(closing.signal).catch((error: unknown) => {
      say(`the shops had to close: ${(error as Error).message}`)
      return undefined
    })
    trading = { closing, ended }
    say('the shops are open: about 12 customers a second')
  }
  const shut = async (): Promise<void> => {
    const { closing, ended } = trading!
    closing.abort()
    const traded = await ended
    trading = undefined
    if (traded === undefined) return
    const { sales, looks, deliveries, shifts, refused, failed } = traded
    const others = `${looks} looks, ${deliveries} deliveries, ${shifts} shifts counted`
    say(`the shops are closed: ${sales} sales, ${others}, ${refused} refused, ${failed} failed`)
  }
  const next = (act: () => Promise<void> | void): Promise<void> => {
    turn = turn.then(act)
    return turn
  }
  return {
    toggle: () => next(() => (over ? undefined : trading === undefined ? open() : shut())),
    close: () => {
      over = true
      return next(() => (trading === undefined ? undefined : shut()))
    },
  }
}
