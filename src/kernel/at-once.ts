/** Works through a list from its end, so many at once. The first that fails keeps others from being begun; those in work end first, and then it is thrown. */
export async function atOnce<T>(list: T[], most: number, work: (one: T) => Promise<void>): Promise<void> {
  const workers = Array.from({ length: most }, async () => {
    try {
      for (let one = list.pop(); one !== undefined; one = list.pop()) await work(one)
    } catch (error) {
      list.length = 0
      throw error
    }
  })
  await Promise.allSettled(workers)
  await Promise.all(workers)
}
