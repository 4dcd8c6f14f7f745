/** One thing that a reader is told. */
export interface Message {
  /** Where a reader goes on that was cut off behind it. */
  readonly id?: string
  /** Without one it is an event of the fleet. */
  readonly event?: string
  /** Without any it only says that the stream is alive, and where it is. */
  readonly data?: unknown
}
