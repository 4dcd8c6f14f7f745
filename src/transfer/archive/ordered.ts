/** Makes up to `depth` results at once and yields them in the order of their items. Leaves nothing running behind. */
export async function* ordered<Item, Result>(
  items: AsyncIterable<Item>,
  depth: number,
  make: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const waiting: Promise<Result>[] = []
  try {
    for await (const item of items) {
      const made = make(item)
      // It is told when its turn comes; until then it is not an error that nobody handles.
      made.catch(() => undefined)
      waiting.push(made)
      if (waiting.length >= depth) yield await waiting.shift()!
    }
    while (waiting.length > 0) yield await waiting.shift()!
  } finally {
    await Promise.allSettled(waiting)
  }
}
