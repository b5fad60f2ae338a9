export interface StormAgent {
  readonly id: string
  readonly publicKey: string
  /** In PKCS 8. */
  readonly key: string
}

export type StormOrder =
  | {
      readonly kind: 'dial'
      readonly port: number
      readonly agents: readonly StormAgent[]
      readonly spreadMs: number
    }
  | { readonly kind: 'stop' }

export interface StormReport {
  /** How often one was told to come back later. */
  readonly refused: number
}
