"""ASYCUDA World: the Single Administrative Document (SAD) as XML, in dialects of countries."""
