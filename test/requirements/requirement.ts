/** A behaviour that is promised; a test proves it by naming its id. */
export interface Requirement {
  /** `area:topic:behaviour`, or `edge:NN-topic` for the listed edge cases. */
  readonly id: string
  readonly text: string
  /** Where the promise comes from: a section of the MCP specification or of Gantry's own documents. */
  readonly source: string
}
