# SPDX-License-Identifier: GPL-2.0-only
# Sphinx configuration: `make docs`
project = 'CCM'
author = 'CCM developers'
copyright = author
master_doc = 'index'
exclude_patterns = ['examples']
html_theme = 'alabaster'
html_theme_options = {'description': 'the cluster connection manager', 'page_width': '1180px'}
html_show_sphinx = False
html_copy_source = False
highlight_language = 'none'
extensions = ['sphinx.ext.graphviz']
graphviz_output_format = 'svg'
