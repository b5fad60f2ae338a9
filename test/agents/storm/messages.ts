export interface StormAgent {
  readonly id: string
  readonly publicKey: string
  /** In PKCS 8. */
  readonly key: string
}

/** To the process in which the agents are. */
export type ClientsOrder = {
  readonly kind: 'dial'
  readonly port: number
  readonly agents: readonly StormAgent[]
  readonly spreadMs: number
}

export interface ClientsReport {
  /** How often one was told to come back later. */
  readonly refused: number
  readonly cpuMs: number
}

/** To the process in which the gateway is. */
export type GatewayOrder = { readonly kind: 'rest'; readonly idleMs: number }

export type GatewayReport =
  | ({ readonly kind: 'listening'; readonly port: number } & Held)
  | { readonly kind: 'ready'; readonly came: Coming }
  | { readonly kind: 'rested'; readonly rest: Rest }

export interface Held {
  readonly rssBytes: number
  readonly heapBytes: number
}

/** How it was while all agents came. */
export interface Coming {
  readonly ready: number
  /** From the moment it listened until the tools of the last one were known. */
  readonly readyMs: number
  /** Processor time, and what of it the system took. */
  readonly cpuMs: number
  readonly systemCpuMs: number
  readonly peakRssBytes: number
  readonly loopDelayMaxMs: number
  /** The longest the gateway itself kept its loop busy: unlike the delay it does not grow with what else runs. */
  readonly loopBusyMaxMs: number
  readonly callP99Ms: number
}

/** How it is while all agents are idle. */
export interface Rest extends Held {
  readonly cpuPercent: number
  readonly callP99Ms: number
}
