# The image of the server. Not built where it was written (no Docker engine there).
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY global.json Directory.Build.props Directory.Packages.props BannedSymbols.txt .editorconfig ./
COPY src src
RUN dotnet publish src/Belfry/Belfry.csproj -c Release -o /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0
RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/* \
    && mkdir /data && chown 1654:1654 /data
COPY --from=build /app /app
ENV Belfry__DataFolder=/data
USER 1654
EXPOSE 5080 6060
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s CMD curl -fs http://127.0.0.1:5080/readyz || exit 1
ENTRYPOINT ["dotnet", "/app/belfry.dll"]
CMD ["serve", "--urls", "http://0.0.0.0:5080"]
