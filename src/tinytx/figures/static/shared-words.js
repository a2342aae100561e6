// What is said of shared heads: the words of SharedHeads.told, and the formula of the cache.

function told({ n_head: H, n_kv_head: K }, wrong) {
  const who = whoReads(H, K);
  if (!wrong) return `${who} Of ${whole(H)} query heads ${sharing(H, K)}.`;
  const [right, astray] = [servedOf(H, K, false), servedOf(H, K, true)];
  const off = right.flatMap((head, i) => (head === astray[i] ? [] : [i]));
  if (!off.length) return `${who} The wrong order changes nothing.`;
  const [first] = off;
  return `${who} In the wrong order ${off.length} of ${H} read those of another group; the first ` +
    `is ${first}, which reads ${astray[first]} instead of ${right[first]}.`;
}

function whoReads(H, K) {
  if (K === H) return "Multi-head: every query head has keys and values of its own.";
  if (K === 1) return "Multi-query: all query heads read the same keys and values.";
  return `Grouped: ${H / K} query heads one after the other read the same keys and values.`;
}

function sharing(H, K) {
  if (K === H) return "none shares";
  return K > 1 ? `${H / K} share each of ${whole(K)}` : "all share 1";
}

function counted(n, what) {
  return `${whole(n)} ${what}${n === 1 ? "" : "s"}`;
}

function formulaOf(shape, sizes, batch) {
  const texts = batch > 1 ? ` · ${counted(batch, "text")}` : "";
  return `KV cache = 2 (a key and a value) · ${counted(shape.n_layer, "block")} · ` +
    `${counted(shape.n_kv_head, "key/value head")} · ${counted(shape.d_head, "number")} · ` +
    `${counted(sizes.T, "token")} · ${counted(sizes.bytes, "byte")}${texts} = ` +
    `${amount(cacheOf(shape, sizes, batch), "B")}`;
}
