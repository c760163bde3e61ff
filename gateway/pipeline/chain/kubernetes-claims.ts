import { type Claims, walk } from './claim-path.ts';

/**
 * Puts what a service-account token says of its account where mappings and policies can read it by plain names, in place of whatever else the token
 * may have there: `service_account` (`namespace/name`), `namespace`, `service_account_uid`, `pod`, `node`, and the groups that Kubernetes itself puts
 * a service account into (`system:serviceaccounts`, `system:serviceaccounts:<namespace>`).
 *
 * @param claims of a token whose private claims `authenticate` has compared with its subject
 */
export function kubernetesClaims(claims: Claims): Claims {
  const read = (...path: readonly string[]) => walk(claims, ['kubernetes.io', ...path]);
  const namespace = read('namespace');
  const told = {
    service_account: `${namespace}/${read('serviceaccount', 'name')}`,
    namespace,
    service_account_uid: read('serviceaccount', 'uid'),
    pod: read('pod', 'name'),
    node: read('node', 'name'),
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
  };
  const known = Object.entries(told).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(Object.entries(claims).filter(([name]) => !Object.hasOwn(told, name))), ...Object.fromEntries(known) };
}
