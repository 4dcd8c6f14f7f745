/** What a fault answers on the surfaces, and how it is told. */
export interface Kind<Facts> {
  readonly http: number
  readonly exit: number
  readonly retry: boolean
  readonly says: (facts: Facts) => string
  readonly remedy: (facts: Facts) => string
}

export function row<Facts>(
  http: number,
  exit: number,
  retry: boolean,
  says: (facts: Facts) => string,
  remedy: (facts: NoInfer<Facts>) => string,
): Kind<Facts> {
  return { http, exit, retry, says, remedy }
}
