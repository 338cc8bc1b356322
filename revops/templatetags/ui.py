"""Template tags and filters of the component library; the gallery page shows them all.

Built into every template. The parts live beside this module:

- `icons`: `{% icon "check" %}`
- `numbers`: `{% money amount %}`, `|percent`, `|count`, `|plural:"lead"`, `{% band stops 0.4 %}`
- `moments`: `{% local at %}`, `{% ago at %}`, `|duration`, `{% clock_badge state length %}`
- `blocks`: `{% panel %}`, `{% definition %}`, `{% dialog %}`, `{% tip %}`, `{% chart %}`
- `sheets`: `{% sheets %}`, what the labels of a page explain
- `shell`: what `base.html` needs
"""

from django import template

from revops.templatetags import blocks, icons, moments, numbers, sheets, shell

register = template.Library()
for part in (icons, numbers, moments, blocks, shell, sheets):
    register.tags.update(part.register.tags)
    register.filters.update(part.register.filters)
