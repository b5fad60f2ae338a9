/** What is wrong with a description of a service, and where in it. */
export class DocumentProblem extends Error {
  override readonly name = 'DocumentProblem'
}

export function problemAt(at: string, problem: string): DocumentProblem {
  return new DocumentProblem(`${at}: ${problem}`)
}
