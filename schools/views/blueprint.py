"""The blueprint of this area."""

from flask import Blueprint

bp = Blueprint("schools", __name__)
PAGE = 50
