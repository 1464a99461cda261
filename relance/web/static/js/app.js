// What every page does. Each part is a module of its own; none keeps state that the server would miss.
import "./copying.js";
import "./dialogs.js";
import "./forms.js";
import "./keys.js";
import "./lists.js";
import "./live.js";
import "./menus.js";
import "./palette.js";
import "./theme.js";
import "./times.js";
import "./toasts.js";
