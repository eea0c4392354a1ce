// SPDX-License-Identifier: GPL-3.0-or-later
declare module "trix/dist/trix.esm.js" {
  const Trix: { config: Record<string, unknown> };
  export default Trix;
}
