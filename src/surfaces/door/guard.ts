/** Runs work that nobody waits for, for example a timer's: what it throws is reported and ends nothing else. */
export function guarded(onFault: (error: unknown) => void, work: () => void): () => void {
  return () => {
    try {
      work()
    } catch (error) {
      onFault(error)
    }
  }
}
