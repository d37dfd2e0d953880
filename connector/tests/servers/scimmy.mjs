// A SCIM server of the library scimmy, with its records in memory. It listens on a free port, says
// which, and ends when nobody holds its standard input.
//
// Addresses are /<way>/<tenant>/scim/v2. Each tenant has records of its own. The way is how the
// server behaves: `usual`, or `unfiltered`, which ignores filters as some servers do.

import { randomUUID } from "node:crypto";
import express from "express";
import SCIMMYRouters, { SCIMMY } from "scimmy-routers";

const token = process.env.SCIM_TOKEN;
const tenants = new Map();

function records({ way, tenant }) {
  const name = `${way}/${tenant}`;
  if (!tenants.has(name)) tenants.set(name, { users: new Map(), groups: new Map() });
  return tenants.get(name);
}

function found(resource, all, { way }) {
  if (resource.id) {
    const one = all.find((each) => each.id === resource.id);
    if (!one) throw new SCIMMY.Types.Error(404, null, `Resource ${resource.id} not found`);
    return one;
  }
  return resource.filter && way !== "unfiltered" ? resource.filter.match(all) : all;
}

function kept(map, resource, instance, unique) {
  const id = resource.id ?? randomUUID();
  if (resource.id && !map.has(id)) throw new SCIMMY.Types.Error(404, null, `Resource ${id} not found`);
  const taken = [...map.values()].some(
    (other) => other.id !== id && other[unique].toLowerCase() === instance[unique].toLowerCase(),
  );
  if (taken) throw new SCIMMY.Types.Error(409, "uniqueness", `${unique} is taken`);
  const now = new Date().toISOString();
  const created = map.get(id)?.meta.created ?? now;
  const record = { ...structuredClone(JSON.parse(JSON.stringify(instance))), id, meta: { created, lastModified: now } };
  map.set(id, record);
  return record;
}

/** What RFC 7643 (4.1.2) calls `groups`: worked out, and only for reading. */
function withGroups(user, groups) {
  const held = [...groups.values()].filter((group) => (group.members ?? []).some(({ value }) => value === user.id));
  return { ...user, groups: held.map(({ id, displayName }) => ({ value: id, display: displayName, type: "direct" })) };
}

SCIMMY.Resources.declare(SCIMMY.Resources.User, {
  extensions: [{ schema: SCIMMY.Schemas.EnterpriseUser, required: false }],
  ingress: (resource, instance, at) => kept(records(at).users, resource, instance, "userName"),
  egress: (resource, at) => {
    const { users, groups } = records(at);
    return found(resource, [...users.values()].map((user) => withGroups(user, groups)), at);
  },
  degress: (resource, at) => {
    const { users, groups } = records(at);
    if (!users.delete(resource.id)) throw new SCIMMY.Types.Error(404, null, `Resource ${resource.id} not found`);
    for (const group of groups.values()) {
      group.members = (group.members ?? []).filter(({ value }) => value !== resource.id);
    }
  },
});

SCIMMY.Resources.declare(SCIMMY.Resources.Group, {
  ingress: (resource, instance, at) => kept(records(at).groups, resource, instance, "displayName"),
  egress: (resource, at) => found(resource, [...records(at).groups.values()], at),
  degress: (resource, at) => {
    if (!records(at).groups.delete(resource.id)) throw new SCIMMY.Types.Error(404, null, `Resource ${resource.id} not found`);
  },
});

const application = express();
application.use(
  "/:way/:tenant/scim/v2",
  new SCIMMYRouters({
    type: "bearer",
    handler: (request) => {
      if (request.header("Authorization") !== `Bearer ${token}`) throw new Error("the token is wrong");
      return undefined;
    },
    context: ({ params }) => params,
  }),
);

const server = application.listen(0, "127.0.0.1", () => console.log(`listening on ${server.address().port}`));
process.stdin.on("end", () => process.exit(0)).resume();
