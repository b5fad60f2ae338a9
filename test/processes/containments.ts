import { guardian, namespace, userNamespace } from '../../src/processes/containment.ts'
import type { Containment } from '../../src/processes/containment.ts'
import { proveContainment } from '../../src/processes/prove-containment.ts'

export interface NamedContainment {
  readonly kind: string
  readonly containment: Containment
}

/** Every containment that this machine offers; the guardian is always among them. */
export async function availableContainments(): Promise<readonly NamedContainment[]> {
  const named = [
    { kind: 'namespace', containment: namespace },
    { kind: 'userNamespace', containment: userNamespace },
  ]
  const proven = await Promise.all(named.map(({ containment }) => proveContainment([containment])))
  return [
    { kind: 'guardian', containment: guardian },
    ...named.filter(({ containment }) => proven.includes(containment)),
  ]
}
